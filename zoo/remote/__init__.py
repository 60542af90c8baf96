"""Studies whose results are at a URL, on an object store or another file system of fsspec."""
