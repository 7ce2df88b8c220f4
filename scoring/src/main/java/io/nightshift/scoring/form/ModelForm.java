package io.nightshift.scoring.form;

/// The computation of a model as data, independent of the library that trained it. A form is immutable and
/// validated when it is constructed, so threads may share it.
public sealed interface ModelForm permits Forest, GraphForm, LinearForm, PipelineForm, RowForm {

    /// The number of input columns.
    int features();

    /// The number of columns a scorer fills, as in
    /// [io.nightshift.scoring.model.ModelDescription#outputs()].
    int outputs();

    /// The number of raw margins a scorer can give: one per sum, or 0 if the sums are not margins.
    int margins();

    /// An estimate of this form's heap in bytes.
    long heapBytes();
}
