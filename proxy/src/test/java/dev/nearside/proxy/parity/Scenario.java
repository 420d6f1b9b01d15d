package dev.nearside.proxy.parity;

/**
 * Names one stream of commands, so that it can be made again.
 *
 * @param seed of all that is random in it
 * @param protocol in which its clients begin, and to which they return: 2 or 3
 * @param major of the Redis it is sent to
 * @param subscribeInTransactions whether SUBSCRIBE is sent between MULTI and EXEC
 * @param cluster whether keys have hash tags, so that several are in one slot or are not, and what
 *     depends on which node a script was sent to is left out
 */
record Scenario(
    long seed, int protocol, int major, boolean subscribeInTransactions, boolean cluster) {}
