/** The resource agent: host capacity, pressure levels, and the wire types the proxy depends on. */
@NullMarked
package dev.nearside.agent;

import org.jspecify.annotations.NullMarked;
