/// What a program outside the cluster may ask any node.
@NullMarked
package io.nightshift.protocol.gateway;

import org.jspecify.annotations.NullMarked;
