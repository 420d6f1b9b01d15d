package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.telemetry.GenerationEnd;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The upstream still tracks the connection, in the mode that was asked for and in no other. */
final class TrackingCheck implements LinkCheck {
  static final String LABEL = "tracking-info";

  /** What CLIENT TRACKINGINFO may say of other modes; flags of later versions are let be. */
  private static final List<String> OTHER_MODES =
      List.of("off", "bcast", "optin", "optout", "noloop", "broken_redirect");

  @Override
  public String label() {
    return LABEL;
  }

  @Override
  public GenerationEnd end() {
    return GenerationEnd.TRACKING;
  }

  @Override
  public long intervalNs() {
    return TimeUnit.SECONDS.toNanos(1);
  }

  @Override
  public List<String> question() {
    return List.of("CLIENT", "TRACKINGINFO");
  }

  @Override
  public @Nullable String answered(Told told) {
    boolean asAsked =
        told.field("flags") instanceof List<?> flags
            && flags.contains("on")
            && flags.stream().noneMatch(OTHER_MODES::contains)
            && !(told.field("redirect") instanceof Long redirect && redirect > 0)
            && !(told.field("prefixes") instanceof List<?> prefixes && !prefixes.isEmpty());
    return asAsked ? null : "tracking is not as it was turned on: " + told.values();
  }
}
