/** Change capture as far as it needs no database. */
@NullMarked
package dev.nearside.proxy.capture;

import org.jspecify.annotations.NullMarked;
