# scikit-learn's side of bench/tables.ts. `export FOLDER` writes the data sets of scikit-learn as CSV. `run FOLDER` reads
# SET.SEED.json files (columns, which rows are to learn from and which to test on), trains an MLPClassifier with two layers of
# 500 on each and prints a line of JSON. Numbers are standardised, categories one-hot, missing numbers the mean.

import csv
import json
import os
import sys
import time
import warnings

import numpy as np

try:
    import sklearn
    from sklearn import datasets
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
except ImportError:
    sys.exit(3)

SETS = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast-cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
}


def export(folder):
    for name, load in SETS.items():
        data = load()
        with open(os.path.join(folder, name + ".csv"), "w", newline="") as file:
            out = csv.writer(file)
            out.writerow(list(data.feature_names) + ["label"])
            for values, label in zip(data.data, data.target):
                out.writerow([*values, data.target_names[label]])


def run(folder):
    warnings.filterwarnings("ignore")
    for file in sorted(os.listdir(folder)):
        if not file.endswith(".json"):
            continue
        with open(os.path.join(folder, file)) as f:
            job = json.load(f)
        rows = len(job["labels"])
        inputs = np.empty((rows, len(job["columns"])), dtype=object)
        numeric, texts = [], []
        for k, column in enumerate(job["columns"]):
            (numeric if column["numeric"] else texts).append(k)
            missing = np.nan if column["numeric"] else ""
            inputs[:, k] = [missing if value is None else value for value in column["values"]]
        labels = np.array(job["labels"])
        model = make_pipeline(
            make_column_transformer(
                (make_pipeline(SimpleImputer(), StandardScaler()), numeric),
                (OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
            ),
            MLPClassifier((500, 500), max_iter=40, random_state=job["seed"]),
        )
        begin = time.perf_counter()
        model.fit(inputs[job["train"]], labels[job["train"]])
        seconds = time.perf_counter() - begin
        error = 100 * np.mean(model.predict(inputs[job["test"]]) != labels[job["test"]])
        print(json.dumps({"set": job["set"], "seed": job["seed"], "error": error, "seconds": seconds, "sklearn": sklearn.__version__}), flush=True)


{"export": export, "run": run}[sys.argv[1]](sys.argv[2])
