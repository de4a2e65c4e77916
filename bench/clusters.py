# scikit-learn's side of bench/clusters.ts: logistic regression on the .npy files in the folder. Its strength of regularisation is
# chosen on the rows held out of the training part, and then it learns from all of them. Prints a line of JSON.

import json
import os
import sys
import time

# Read when numpy is loaded: a core type forced from outside would only slow this down.
for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[name]

try:
    import numpy as np
    import sklearn
    from sklearn.linear_model import LogisticRegression
except ImportError:
    sys.exit(3)

STRENGTHS = [0.0003, 0.001, 0.003, 0.01, 0.1, 1]


def read(part):
    folder = sys.argv[1]
    return [np.load(os.path.join(folder, f"{part}-{what}.npy")) for what in ("inputs", "labels")]


def fit(strength, inputs, labels):
    return LogisticRegression(C=strength, max_iter=2000).fit(inputs, labels)


def error(model, inputs, labels):
    return 100 * float(np.mean(model.predict(inputs) != labels))


learned, validation, test = read("learned"), read("validation"), read("test")
validation_errors = {strength: error(fit(strength, *learned), *validation) for strength in STRENGTHS}
best = min(validation_errors, key=validation_errors.get)
train = [np.concatenate(parts) for parts in zip(learned, validation)]
begin = time.perf_counter()
model = fit(best, *train)
seconds = time.perf_counter() - begin
print(json.dumps({
    "error": error(model, *test),
    "seconds": seconds,
    "C": best,
    "validationErrors": validation_errors,
    "sklearn": sklearn.__version__,
}))
