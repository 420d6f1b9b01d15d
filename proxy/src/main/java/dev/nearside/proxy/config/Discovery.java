package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the upstream's servers are found. */
public sealed interface Discovery {
  /** Returns the addresses that the configuration names; at least one. */
  List<Address> named();

  /**
   * One server, always at the same address.
   *
   * @param address where it listens
   */
  record Fixed(Address address) implements Discovery {
    @Override
    public List<Address> named() {
      return List.of(address);
    }
  }

  /**
   * The primary that sentinels name.
   *
   * @param addresses where sentinels listen; at least one
   * @param primary what they call the primary and its replicas
   * @param user as whom the sidecar asks them, or null for their default user
   * @param password that user's, or null where they ask for none
   */
  record Sentinels(
      List<Address> addresses, String primary, @Nullable String user, @Nullable String password)
      implements Discovery {
    @Override
    public List<Address> named() {
      return addresses;
    }

    @Override
    public String toString() {
      return "sentinels of " + primary; // never the password
    }
  }

  /**
   * The nodes of a cluster, which tell of each other.
   *
   * @param seeds where some of them listen; at least one
   */
  record Cluster(List<Address> seeds) implements Discovery {
    @Override
    public List<Address> named() {
      return seeds;
    }
  }
}
