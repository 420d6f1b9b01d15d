/**
 * Concurrent histories on a real Redis, directly and through sidecars, and the checker that holds
 * them against the coherence contract.
 *
 * <p>A {@link dev.nearside.proxy.history.Round} plays a small fresh group of keys with a dozen
 * clients and records a {@link dev.nearside.proxy.history.History}; {@link
 * dev.nearside.proxy.history.HistoryChecker} looks for an order of its operations that explains
 * every reply and breaks no promise. {@link dev.nearside.proxy.history.HistoryRun} plays rounds of
 * a {@link dev.nearside.proxy.history.Scenario}, faults included, for as long as it is told. What
 * stands behind the sidecars is a {@link dev.nearside.proxy.history.Shape}; another one is another
 * implementation of {@link dev.nearside.proxy.history.Servers}, and faults that befall it.
 *
 * <p><b>Why a written checker and not Lincheck.</b> Lincheck generates the calls itself, in one
 * process, and asks whether they are linearizable (or quiescently, or sequentially consistent).
 * Here the calls cross sockets to real servers that are killed and stopped, replies may never come,
 * keys expire by the clock, and the contract is none of those models: an ordinary local read may be
 * as old as {@code max-staleness}, unless this sidecar, this connection or a message has shown
 * something newer. That is an order with explicit precedence, which a general checker cannot be
 * told. The search is that of Wing and Gong with Lowe's memory of configurations seen (G. Lowe,
 * "Testing for linearizability", 2017), over the state of the whole group of keys, so that commands
 * of several keys are checked over all of them.
 */
package dev.nearside.proxy.history;
