/// A cluster as a program outside it sees it.
@NullMarked
package io.nightshift.cli.client;

import org.jspecify.annotations.NullMarked;
