/// Applied jobs, for every interface.
@NullMarked
package io.nightshift.node.schedule;

import org.jspecify.annotations.NullMarked;
