package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.command.CommandTable;
import dev.nearside.proxy.invalidation.Invalidation;
import dev.nearside.proxy.relay.Flushes;
import dev.nearside.proxy.relay.Lanes;
import dev.nearside.proxy.telemetry.LoopCounters;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.write.RowWrites;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one event loop share. The scratch objects are set anew for each request
 * and never outlive it.
 *
 * @param writes makes the writes of keys that the database takes too, or null where there are none
 * @param flushes who is to be flushed when all that is readable was worked off
 * @param quota bounds the reads asked while L1 is closed
 * @param grants what clients were let read who are not the sidecar's own user
 * @param key scratch: the key being looked up
 * @param found scratch: what a look-up found
 */
public record LoopContext(
    Lanes lanes,
    Flushes flushes,
    ReadPath reads,
    @Nullable RowWrites writes,
    Coherence coherence,
    Invalidation invalidation,
    Supplier<CommandTable> commands,
    LoopCounters counters,
    ServerPolicy policy,
    ReadQuota quota,
    GrantTable grants,
    LookupKey key,
    Shard.Found found) {}
