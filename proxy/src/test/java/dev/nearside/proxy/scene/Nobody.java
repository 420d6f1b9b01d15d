package dev.nearside.proxy.scene;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.invalidation.FleetBus;
import dev.nearside.proxy.invalidation.Invalidation;
import dev.nearside.proxy.invalidation.TagStore;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.telemetry.Metrics;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** An upstream that is not there: no fleet can be told, and no tag be kept. */
public final class Nobody implements FleetBus, TagStore {
  private Nobody() {}

  /** Returns invalidation for a sidecar that is alone. */
  public static Invalidation invalidation(Coherence coherence, Metrics metrics) {
    Nobody nobody = new Nobody();
    return new Invalidation(
        coherence, Namespaces.of(List.of()), nobody, nobody, Duration.ofSeconds(1), metrics);
  }

  private static <T> CompletionStage<T> failed() {
    return CompletableFuture.failedStage(new IllegalStateException("nobody is there"));
  }

  @Override
  public CompletionStage<?> publish(byte[] message) {
    return failed();
  }

  @Override
  public CompletionStage<Boolean> add(byte[] tag, byte[] key) {
    return failed();
  }

  @Override
  public CompletionStage<Page> page(byte[] tag, String from) {
    return failed();
  }

  @Override
  public CompletionStage<List<byte[]>> dropResults(byte[] tag) {
    return failed();
  }
}
