/// `nightshift token`: what lets programs in by HTTP.
@NullMarked
package io.nightshift.cli.token;

import org.jspecify.annotations.NullMarked;
