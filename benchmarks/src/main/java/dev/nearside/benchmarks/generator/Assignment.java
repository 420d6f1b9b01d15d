package dev.nearside.benchmarks.generator;

import java.util.List;

/**
 * What a generator is to do; travels to its process as JSON.
 *
 * @param load what is asked
 * @param address of the server
 * @param pids the processes whose CPU time is read, the server's first
 * @param round makes the order of the keys another one; the same for all servers in a round
 * @param coldReads how many cold keys each thread is to pass over, because they were read before
 */
public record Assignment(Load load, Address address, List<Long> pids, int round, long coldReads) {}
