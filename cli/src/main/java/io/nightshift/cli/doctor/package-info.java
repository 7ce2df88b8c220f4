/// `nightshift doctor`: examines the machine, the configuration and the databases.
@NullMarked
package io.nightshift.cli.doctor;

import org.jspecify.annotations.NullMarked;
