package io.nightshift.scoring.format.lightgbm;

import com.microsoft.ml.lightgbm.PredictionType;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_double;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_long_long;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_p_void;
import com.microsoft.ml.lightgbm.lightgbmlib;
import com.microsoft.ml.lightgbm.lightgbmlibConstants;
import io.github.metarank.lightgbm4j.LGBMBooster;
import java.io.IOException;
import java.nio.file.Path;

/// The predictions of LightGBM itself for a model file. The binding's own `predictForMat` has no room for
/// more than two classes, and writes behind its buffer.
final class LightGbmPredictor {

    private final SWIGTYPE_p_p_void booster = lightgbmlib.new_voidpp();

    LightGbmPredictor(Path file) throws IOException {
        LGBMBooster.loadNative();
        check(lightgbmlib.LGBM_BoosterCreateFromModelfile(file.toString(), lightgbmlib.new_intp(), booster));
    }

    /// @param values row by row
    /// @return as many values a row as the model gives
    double[] predict(double[] values, int rows, PredictionType type) {
        SWIGTYPE_p_double input = lightgbmlib.new_doubleArray(values.length);
        for (int i = 0; i < values.length; i++) {
            lightgbmlib.doubleArray_setitem(input, i, values[i]);
        }
        SWIGTYPE_p_double output = lightgbmlib.new_doubleArray(64L * rows);
        SWIGTYPE_p_long_long length = lightgbmlib.new_int64_tp();
        check(lightgbmlib.LGBM_BoosterPredictForMat(
                lightgbmlib.voidpp_value(booster),
                lightgbmlib.double_to_voidp_ptr(input),
                lightgbmlibConstants.C_API_DTYPE_FLOAT64,
                rows,
                values.length / rows,
                1,
                type.getType(),
                0,
                -1,
                "num_threads=1",
                length,
                output));
        double[] predictions = new double[(int) lightgbmlib.int64_tp_value(length)];
        for (int i = 0; i < predictions.length; i++) {
            predictions[i] = lightgbmlib.doubleArray_getitem(output, i);
        }
        lightgbmlib.delete_doubleArray(input);
        lightgbmlib.delete_doubleArray(output);
        return predictions;
    }

    private static void check(int status) {
        if (status < 0) {
            throw new IllegalStateException(lightgbmlib.LGBM_GetLastError());
        }
    }
}
