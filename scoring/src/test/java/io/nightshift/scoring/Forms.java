package io.nightshift.scoring;

import io.nightshift.scoring.form.ModelForm;

/// Opens loaded models for the tests.
public final class Forms {

    private Forms() {}

    public static ModelForm of(Model model) {
        return ((LoadedModel) model).definition().form();
    }
}
