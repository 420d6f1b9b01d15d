/**
 * The role inside the proxy's process: where its cgroup, heap and event loops can be seen.
 *
 * <p>Started and closed by the proxy's composition root; runs on one thread of its own.
 */
@NullMarked
package dev.nearside.agent.embedded;

import org.jspecify.annotations.NullMarked;
