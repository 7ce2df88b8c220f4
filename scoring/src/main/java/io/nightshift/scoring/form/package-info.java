/// Models as data: forests, linear models, pipelines, graphs, and models of other libraries.
@NullMarked
package io.nightshift.scoring.form;

import org.jspecify.annotations.NullMarked;
