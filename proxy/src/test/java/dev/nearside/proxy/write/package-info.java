/** Tests of the write path. */
@NullMarked
package dev.nearside.proxy.write;

import org.jspecify.annotations.NullMarked;
