# test/wheels/scikit-learn/main.py: trees, SVM, k-means, PCA, cross validation; its datasets
import json
import pickle

import numpy as np
import sklearn
from sklearn.cluster import DBSCAN, KMeans
from sklearn.datasets import fetch_california_housing, load_breast_cancer, load_digits, load_iris
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import Lasso, LogisticRegression, SGDClassifier
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

assert callable(fetch_california_housing)
facts = {"version": sklearn.__version__}

# Data files beside the modules: CSV, deflated CSV, descriptions.
iris, digits, cancer = load_iris(), load_digits(), load_breast_cancer()
facts["data"] = [iris.data.shape, digits.images.shape, cancer.data.shape, len(iris.DESCR)]

X, Xt, y, yt = train_test_split(digits.data, digits.target, random_state=3)


def score(model: object) -> float:
    return round(float(model.fit(X, y).score(Xt, yt)), 6)


# OpenMP, libsvm, liblinear and Cython's trees.
facts["forest"] = score(RandomForestClassifier(20, random_state=1, n_jobs=2))
facts["boosting"] = score(HistGradientBoostingClassifier(max_iter=4, random_state=1)) > 0.8
facts["svm"] = score(SVC(gamma=0.001))
facts["neighbours"] = score(KNeighborsClassifier(3, algorithm="kd_tree"))
facts["sgd"] = score(SGDClassifier(random_state=2)) > 0.85
logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
facts["folds"] = np.round(cross_val_score(logistic, cancer.data, cancer.target, cv=4), 4).tolist()

groups = KMeans(3, n_init=4, random_state=0).fit(iris.data)
facts["kmeans"] = [round(float(groups.inertia_), 4), sorted(np.bincount(groups.labels_).tolist())]
facts["dbscan"] = len(set(DBSCAN(eps=0.6).fit(iris.data).labels_.tolist()))
facts["pca"] = np.round(PCA(3).fit(iris.data).explained_variance_ratio_, 6).tolist()
facts["lasso"] = int((Lasso(alpha=0.1).fit(iris.data, iris.target).coef_ != 0).sum())
line = GaussianProcessRegressor().fit(np.arange(6.0)[:, None], np.sin(np.arange(6.0)))
facts["process"] = round(float(line.predict([[2.5]])[0]), 6)
words = TfidfVectorizer().fit_transform(["one bundle", "two bundles in one", "memory"])
facts["words"] = [list(words.shape), TruncatedSVD(2).fit_transform(words).shape[1]]

again = pickle.loads(pickle.dumps(groups))
assert (again.predict(iris.data) == groups.labels_).all()
print(json.dumps(facts))
