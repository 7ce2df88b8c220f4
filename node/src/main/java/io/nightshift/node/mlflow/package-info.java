/// Models of an MLflow server: by alias, version or run.
@NullMarked
package io.nightshift.node.mlflow;

import org.jspecify.annotations.NullMarked;
