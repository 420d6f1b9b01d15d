package dev.nearside.proxy.tier.local;

/**
 * What an entry takes of the heap, with all that is there because of it: with compact object
 * headers and compressed references, which every heap below 32 GiB has, Z's apart.
 */
final class Weight {
  private static final int ENTRY_BYTES = 24;
  private static final int CACHE_NODE_BYTES = 40;
  private static final int MAP_NODE_BYTES = 24;

  /**
   * Of the map's table and of the frequency sketch. Both double as they grow; just above a power of
   * two entries they take most: 8 bytes of the one and 16 of the other.
   */
  private static final int SHARE_BYTES = 24;

  private static final int ARRAY_HEADER_BYTES = 12;
  private static final int ALIGNMENT = 8;

  private Weight() {}

  /** Returns the bytes for an entry with this array. */
  static int of(byte[] array) {
    int arrayBytes = (ARRAY_HEADER_BYTES + array.length + ALIGNMENT - 1) & -ALIGNMENT;
    return ENTRY_BYTES + arrayBytes + CACHE_NODE_BYTES + MAP_NODE_BYTES + SHARE_BYTES;
  }
}
