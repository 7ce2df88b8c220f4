/// The worker, a thin actor that scores one partition after another, and the node's scoring threads.
@NullMarked
package io.nightshift.worker;

import org.jspecify.annotations.NullMarked;
