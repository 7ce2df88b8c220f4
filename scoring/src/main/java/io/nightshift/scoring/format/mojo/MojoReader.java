package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.document.ZipArchive;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads a MOJO, as H2O's `download_mojo` writes it: a ZIP archive with the facts and the columns in
/// `model.ini`, the levels of categorical columns under `domains`, and trees under `trees`.
///
/// Scores are those of H2O's own library, `h2o-genmodel`. A text that is none of a column's levels is a
/// missing value.
final class MojoReader {

    private MojoReader() {}

    static ModelDefinition read(byte[] content) throws MalformedModelException {
        ZipArchive archive = new ZipArchive(content);
        byte[] ini = archive.read("model.ini");
        if (ini == null) {
            throw new MalformedModelException(
                    "it is a ZIP archive, but no MOJO of H2O, which has a file model.ini. No other ZIP archives are"
                            + " supported");
        }
        MojoInfo info = new MojoInfo(ini);
        String algorithm = info.text("algorithm");
        if (info.has("endianness") && !info.text("endianness").equals("LITTLE_ENDIAN")) {
            throw new MalformedModelException(
                    "its endianness is " + info.text("endianness") + "; supported is LITTLE_ENDIAN");
        }
        return switch (algorithm) {
            case "Gradient Boosting Machine", "Gradient Boosting Method" ->
                MojoForest.boosting(archive, info).model();
            case "Distributed Random Forest" ->
                MojoForest.bagging(archive, info).model();
            case "Generalized Linear Modeling", "Generalized Linear Model" -> new MojoLinear(archive, info).model();
            default ->
                throw new MalformedModelException("it is a MOJO of the algorithm «" + algorithm
                        + "»; supported are Gradient Boosting Machine, Distributed Random Forest and Generalized Linear"
                        + " Modeling");
        };
    }

    /// The version of the MOJO's format.
    ///
    /// @param highest the highest version that is known
    static double version(MojoInfo info, double highest) throws MalformedModelException {
        double version = info.number("mojo_version");
        if (version < 1 || version > highest) {
            throw new MalformedModelException("its mojo_version is " + info.text("mojo_version")
                    + "; supported are those from 1.0 to " + highest);
        }
        return version;
    }

    /// A model with its description.
    ///
    /// @param classes the labels, none for a regression
    /// @param facts facts for people, to which this adds the library
    static ModelDefinition model(
            String algorithm,
            MojoInfo info,
            List<ModelFeature> features,
            List<String> classes,
            Map<String, String> facts,
            ModelForm form)
            throws MalformedModelException {
        Task task = switch (classes.size()) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        Map<String, String> all = new TreeMap<>(facts);
        String library = info.textOrNull("h2o_version");
        all.put("library", library == null || library.length() > 100 ? "H2O" : "H2O " + library);
        return new ModelDefinition(new ModelDescription("h2o-mojo", algorithm, task, features, classes, all), form);
    }
}
