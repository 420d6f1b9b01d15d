/**
 * The wire types of the resource agent: what pressure is, as the proxy and the HTTP port see it.
 *
 * <p>Everything here is immutable and may be shared by all threads. The packages below depend on
 * this one, it depends on none of them.
 */
@NullMarked
package dev.nearside.agent;

import org.jspecify.annotations.NullMarked;
