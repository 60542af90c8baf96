"""Any data set of encoded images and labels in parquet files, as Hugging Face's hub has them, on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import Dataset
from benchmarks.data.sources.assembling import About, assemble
from benchmarks.data.sources.options import OPTIONS, checked, find_path
from benchmarks.data.sources.parts import files_by_part

NEEDED = "*.parquet with train, validation or test in their names, or one part only"
ABOUT = About("parquet", "Parquet files", f"files of the user: {NEEDED}; columns of encoded images and of labels")


@dataset(
    ABOUT.described({"image": "", "label": "", **OPTIONS}),
    order=11,
)
def read_parquet(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """Images of parquet files below a folder, or of one file.

    Columns are found by their types, or given: `image` is of bytes or of structs with a field `bytes`, `label` of whole
    numbers or words. Class names are those of the metadata that the library `datasets` writes.

    Raises:
        ValueError: an option out of range.
        DataMissing: no files, or a class has too few images.
        DataCorrupt: a file is damaged or has no such columns, or an image is none; the message names file and row.
    """
    from benchmarks.data.sources.tables import read_tables  # pyarrow is not needed to list data sets

    chosen = checked(ABOUT.name, options)
    root = find_path(ABOUT.name, data_root, str(options["path"]), NEEDED)
    files = files_by_part(root, ".parquet")
    source = read_tables(files, image=str(options["image"]), label=str(options["label"]))
    return assemble(source, chosen, ABOUT)
