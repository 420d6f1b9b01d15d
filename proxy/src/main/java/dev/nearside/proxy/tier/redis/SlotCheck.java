package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.GenerationEnd;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The node of a cluster still answers for a slot that it has, as far as is known. */
final class SlotCheck implements LinkCheck {
  static final String LABEL = "slots";

  private final ClusterNode node;

  SlotCheck(ClusterNode node) {
    this.node = node;
  }

  @Override
  public String label() {
    return LABEL;
  }

  @Override
  public GenerationEnd end() {
    return GenerationEnd.NODE;
  }

  /** Every heartbeat asks as well; this says once where the own user may not. */
  @Override
  public long intervalNs() {
    return TimeUnit.MINUTES.toNanos(1);
  }

  @Override
  public List<String> question() {
    return List.of("EXISTS", node.probe());
  }

  @Override
  public @Nullable String answered(Told told) {
    return null;
  }

  @Override
  public @Nullable String refused(Told told) {
    return ClusterNode.fault(told.error());
  }
}
