/** The real servers that tests are played on; each test ends what it started. */
@NullMarked
package dev.nearside.proxy.scene;

import org.jspecify.annotations.NullMarked;
