/**
 * The mechanisms of the coherence contract, each switched off by changing the compiled classes of
 * the sidecar while they are loaded, so that it can be shown what notices.
 *
 * <p>A {@link dev.nearside.proxy.mutant.Mutant} names the sentence it breaks and where; {@link
 * dev.nearside.proxy.mutant.MutantAgent} is the agent of a sidecar's or test's JVM that does it.
 * {@code history.MutantHunt} plays histories against each, {@code ./nearside mutants}.
 */
@NullMarked
package dev.nearside.proxy.mutant;

import org.jspecify.annotations.NullMarked;
