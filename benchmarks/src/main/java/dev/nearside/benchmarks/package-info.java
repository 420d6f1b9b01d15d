/** Load runs side by side with peers, JMH, and the demo; started from the command line only. */
@NullMarked
package dev.nearside.benchmarks;

import org.jspecify.annotations.NullMarked;
