/// Sources of rows and destinations of predictions. [Sources][io.nightshift.storage.Sources] and
/// [Destinations][io.nightshift.storage.Destinations] find what belongs to a job's kind of source and
/// destination; each kind is one package below `source` or `destination`.
@NullMarked
package io.nightshift.storage;

import org.jspecify.annotations.NullMarked;
