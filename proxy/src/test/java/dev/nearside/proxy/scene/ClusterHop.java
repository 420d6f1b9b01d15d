package dev.nearside.proxy.scene;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Ways to the nodes of a cluster on which each has another port, as if networks lay between: whom
 * nodes name there, in redirects and in answers to CLUSTER, is known by the hop before it.
 */
public final class ClusterHop {
  private static final Pattern REDIRECT =
      Pattern.compile("(?<=^|\n)(-(?:MOVED|ASK) \\d+ [^\r\n]*:)(\\d+)(?=\r)");
  private static final Pattern NUMBER = Pattern.compile("(?<=^|\n):(\\d+)(?=\r)");

  private ClusterHop() {}

  /** Starts a hop before each of the nodes; returns them by the ports of those. */
  public static Map<Integer, DelayingHop> before(List<Integer> nodes) throws IOException {
    Map<String, String> ports = new ConcurrentHashMap<>();
    Map<Integer, DelayingHop> hops = new HashMap<>();
    for (int node : nodes) {
      DelayingHop hop = DelayingHop.to(node, cluster -> new Translation(ports, cluster));
      hops.put(node, hop);
      ports.put(String.valueOf(node), String.valueOf(hop.port()));
    }
    return hops;
  }

  /** Of what one connection is told. */
  private static final class Translation implements DelayingHop.Translation {
    private final Map<String, String> ports;
    private final boolean isAboutTheCluster;
    private final StringBuilder open = new StringBuilder();

    Translation(Map<String, String> ports, boolean isAboutTheCluster) {
      this.ports = ports;
      this.isAboutTheCluster = isAboutTheCluster;
    }

    /** What follows the last end of a line is half of one, perhaps. */
    @Override
    public byte[] translated(byte[] bytes) {
      open.append(new String(bytes, StandardCharsets.ISO_8859_1));
      int end = open.lastIndexOf("\n") + 1;
      String lines = open.substring(0, end);
      open.delete(0, end);
      String out =
          REDIRECT.matcher(lines).replaceAll(found -> found.group(1) + port(found.group(2)));
      if (isAboutTheCluster) {
        out = NUMBER.matcher(out).replaceAll(found -> ":" + port(found.group(1)));
      }
      return out.getBytes(StandardCharsets.ISO_8859_1);
    }

    private String port(String own) {
      return ports.getOrDefault(own, own);
    }
  }
}
