/// The Kubernetes manifests and the Dockerfile as objects, for the tests of them.
@NullMarked
package io.nightshift.k8s;

import org.jspecify.annotations.NullMarked;
