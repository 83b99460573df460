# test/wheels/opencv/main.py: C++ opens data beside the module: cascades in XML; codecs, filters
import json
import os

import cv2
import numpy as np

# The wheel's XML files are read by OpenCV's own parser, in C++, by path.
cascades = sorted(name for name in os.listdir(cv2.data.haarcascades) if name.endswith(".xml"))
facts = {"version": cv2.__version__, "cascades": len(cascades)}
loaded = []
for name in cascades[:5]:
    path = os.path.join(cv2.data.haarcascades, name)
    classifier = cv2.CascadeClassifier(path)
    assert not classifier.empty(), name
    loaded.append([name, list(classifier.getOriginalWindowSize()), classifier.getFeatureType()])
    storage = cv2.FileStorage(path, cv2.FILE_STORAGE_READ)
    assert storage.isOpened(), name
    loaded[-1].append(storage.getNode("cascade").isMap())
    storage.release()
facts["loaded"] = loaded
assert cv2.CascadeClassifier(os.path.join(cv2.data.haarcascades, "nothing.xml")).empty()

# Work for the decoders and filters.
image = np.zeros((120, 160, 3), np.uint8)
cv2.circle(image, (80, 60), 40, (0, 128, 255), -1)
cv2.putText(image, "OpenCV", (10, 110), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
for kind in (".png", ".jpg", ".webp", ".tiff"):
    done, packed = cv2.imencode(kind, image)
    back = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    facts[kind] = [bool(done), list(back.shape), int(cv2.norm(image, back, cv2.NORM_L1) < 400_000)]
edges = cv2.Canny(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), 50, 150)
facts["edges"] = int(np.count_nonzero(edges))
print(json.dumps(facts))
