/// Reads [CatBoost](https://catboost.ai)'s model files.
@NullMarked
package io.nightshift.scoring.format.catboost;

import org.jspecify.annotations.NullMarked;
