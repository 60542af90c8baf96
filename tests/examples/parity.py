"""Even and odd handwritten digits, from scikit-learn."""

import numpy as np
from sklearn.datasets import load_digits

from benchmarks.data import Augmentation, Dataset, DatasetInfo, dataset
from benchmarks.data.splitting import split_arrays

PARITY = DatasetInfo(
    name="parity",
    title="Even and odd digits",
    shape=(1, 8, 8),
    classes=("even", "odd"),
    mean=(0.3048,),
    std=(0.3757,),
    preset="tiny",
    epsilons=(0.1,),
    augmentation=Augmentation(),
    source="Alpaydin and Kaynak 1998, in scikit-learn",
)


@dataset(PARITY)
def read_parity(data_root: object, options: object) -> Dataset:
    pixels, digits = load_digits(return_X_y=True)
    images = (pixels * 255 / 16).astype(np.uint8).reshape(-1, 1, 8, 8)
    return split_arrays(PARITY, images, digits % 2, validation=180, test=360)
