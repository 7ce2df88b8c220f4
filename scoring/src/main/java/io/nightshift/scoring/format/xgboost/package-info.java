/// Reads [XGBoost](https://xgboost.readthedocs.io)'s JSON and UBJSON files.
@NullMarked
package io.nightshift.scoring.format.xgboost;

import org.jspecify.annotations.NullMarked;
