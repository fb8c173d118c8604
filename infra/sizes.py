"""Prints how large the package of each function is, zipped; exit 1 if one is larger than a cold start should fetch."""

import io
import pathlib
import sys
import zipfile

LARGEST = 6_000_000


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    found = sorted(folder.glob("*/bootstrap"))
    too_large = not found
    for bootstrap in found:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
            package.write(bootstrap, "bootstrap")
        size = packed.tell()
        too_large |= size > LARGEST
        print(f"{bootstrap.parent.name:10} {bootstrap.stat().st_size / 1e6:6.2f} MB, zipped {size / 1e6:5.2f} MB")
    return int(too_large)


if __name__ == "__main__":
    sys.exit(main())
