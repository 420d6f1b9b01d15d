package dev.nearside.proxy.scene;

import dev.nearside.proxy.scene.ClusterLine.Place;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whether the nodes of a cluster that are up are of one mind. */
final class ClusterAgreement {
  private ClusterAgreement() {}

  /**
   * Returns whether the nodes take the cluster and each other for well and say the same of roles
   * and slots, and every replica follows its primary.
   */
  static boolean isReached(List<RedisNode> nodes) throws IOException {
    Map<String, RedisNode> byId = byId(nodes);
    List<Place> said = said(byId);
    if (said.isEmpty()) {
      return false;
    }
    for (Place place : said) {
      RedisNode primary = byId.get(place.primaryId());
      if (primary != null && !byId.get(place.id()).follows(primary)) {
        return false;
      }
    }
    return true;
  }

  /** Returns what all nodes say of all; nothing while they do not say the same. */
  private static List<Place> said(Map<String, RedisNode> byId) throws IOException {
    Set<List<Place>> opinions = new HashSet<>();
    for (RedisNode node : byId.values()) {
      List<ClusterLine> lines = known(node, byId.keySet());
      if (lines.size() < byId.size()
          || !lines.stream().allMatch(ClusterLine::isWell)
          || !node.ask("CLUSTER", "INFO").getFirst().contains("cluster_state:ok")) {
        return List.of();
      }
      opinions.add(lines.stream().map(ClusterLine::place).toList());
    }
    return opinions.size() == 1 ? opinions.iterator().next() : List.of();
  }

  private static Map<String, RedisNode> byId(List<RedisNode> nodes) throws IOException {
    Map<String, RedisNode> byId = new HashMap<>();
    for (RedisNode node : nodes) {
      byId.put(node.id(), node);
    }
    return byId;
  }

  private static List<ClusterLine> known(RedisNode node, Set<String> ids) throws IOException {
    return ClusterLine.of(node).stream()
        .filter(line -> ids.contains(line.id()))
        .sorted(Comparator.comparing(ClusterLine::id))
        .toList();
  }
}
