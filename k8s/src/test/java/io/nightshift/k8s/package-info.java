/// What runs on Kubernetes: the manifests, the image, and the program as they start it.
@NullMarked
package io.nightshift.k8s;

import org.jspecify.annotations.NullMarked;
