/** Coverage-guided fuzzing: what its inputs mean, its targets, its corpus and its long runs. */
@NullMarked
package dev.nearside.proxy.fuzz;

import org.jspecify.annotations.NullMarked;
