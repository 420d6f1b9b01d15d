package dev.nearside.proxy.server;

/**
 * Bounds on clients.
 *
 * @param maxClients connections accepted at once
 * @param maxBulkBytes longest bulk string of a request
 * @param maxOutputBytes replies a client may leave unread before it is closed
 * @param keepAliveSeconds silence before TCP asks whether a client is still there; 0 never asks
 * @param database the database clients start in
 * @param maxStalenessNs how old local reads may be
 * @param trustNetwork whether clients from elsewhere than this host act as the sidecar's own user
 *     without credentials
 */
public record ServerPolicy(
    int maxClients,
    long maxBulkBytes,
    long maxOutputBytes,
    int keepAliveSeconds,
    int database,
    long maxStalenessNs,
    boolean trustNetwork) {}
