package dev.nearside.proxy.server;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Bounds on clients.
 *
 * @param maxClients connections accepted at once
 * @param maxBulkBytes longest bulk string of a request
 * @param maxQueryBytes how much of one argument may come before its client is closed
 * @param maxOutputBytes replies a client may leave unread before it is closed
 * @param socketMode permissions of a Unix socket, as chmod takes them; 0 leaves them
 * @param idleTimeout how long a client may neither send nor take anything; zero is for ever
 * @param keepAliveSeconds silence before TCP asks whether a client is still there; 0 never asks
 * @param database the database clients start in
 * @param maxStalenessNs how old local reads may be
 * @param permissionTtlNs how long a key that another user was let read may be shown to it
 * @param trustNetwork whether clients from elsewhere than this host act as the sidecar's own user
 *     without credentials
 * @param proxyProtocol whether each client's connection begins with a header of the PROXY protocol
 * @param mergesMget whether MGET takes each key from where it is
 * @param redirectForNs how long a request that no node of a cluster takes is sent again
 * @param sentinelPrimary what the sentinels call the upstream, or null where there are none
 */
public record ServerPolicy(
    int maxClients,
    long maxBulkBytes,
    long maxQueryBytes,
    long maxOutputBytes,
    int socketMode,
    Duration idleTimeout,
    int keepAliveSeconds,
    int database,
    long maxStalenessNs,
    long permissionTtlNs,
    boolean trustNetwork,
    boolean proxyProtocol,
    boolean mergesMget,
    long redirectForNs,
    @Nullable String sentinelPrimary) {}
