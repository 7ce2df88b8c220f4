/// A server with the models of MLflow's registry.
@NullMarked
package io.nightshift.testing.mlflow;

import org.jspecify.annotations.NullMarked;
