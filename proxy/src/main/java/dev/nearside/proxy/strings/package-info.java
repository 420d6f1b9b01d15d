/**
 * What the commands that write strings make of them, as Redis would: pure, for whoever keeps
 * strings elsewhere.
 */
@NullMarked
package dev.nearside.proxy.strings;

import org.jspecify.annotations.NullMarked;
