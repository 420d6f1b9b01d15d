/** Writes of strings, compared with Redis. */
@NullMarked
package dev.nearside.proxy.strings;

import org.jspecify.annotations.NullMarked;
