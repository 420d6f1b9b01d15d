package dev.nearside.proxy.history;

import java.io.IOException;
import java.util.Locale;

/** What the sidecars have behind them. */
enum Shape {
  /** One Redis, at an address. */
  SINGLE {
    @Override
    Servers start(Scenario scenario) throws IOException {
      return new OneRedis(scenario);
    }
  },
  /** A primary with replicas, found through sentinels. */
  SENTINEL {
    @Override
    Servers start(Scenario scenario) throws IOException {
      return new SentinelNodes(scenario);
    }
  },
  /** Primaries with a replica each, over which slots are spread. */
  CLUSTER {
    @Override
    Servers start(Scenario scenario) throws IOException {
      return new ClusterNodes(scenario);
    }
  };

  /** Starts what a scenario is played on. */
  abstract Servers start(Scenario scenario) throws IOException;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
