/// Models of [Smile](https://haifengl.github.io), for programs that score with [io.nightshift.scoring].
@NullMarked
package io.nightshift.smile;

import org.jspecify.annotations.NullMarked;
