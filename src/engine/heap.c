/* heap.c - a binary heap of nodes that live in other structs and know their place. */
#include "engine/state.h"

void
heap_init(Heap *heap)
{
    heap->nodes = g_ptr_array_new();
}

void
heap_clear(Heap *heap)
{
    g_clear_pointer(&heap->nodes, g_ptr_array_unref);
}

static HeapNode *
node_at(const Heap *heap, size_t place)
{
    return g_ptr_array_index(heap->nodes, place - 1);
}

static void
node_put(Heap *heap, HeapNode *node, size_t place)
{
    g_ptr_array_index(heap->nodes, place - 1) = node;
    node->place = place;
}

static void
sift_up(Heap *heap, HeapNode *node)
{
    size_t place = node->place;
    for (; place > 1 && node_at(heap, place / 2)->at > node->at; place /= 2)
        node_put(heap, node_at(heap, place / 2), place);
    node_put(heap, node, place);
}

static void
sift_down(Heap *heap, HeapNode *node)
{
    size_t place = node->place, count = heap->nodes->len;
    for (;;) {
        size_t child = 2 * place;
        if (child < count && node_at(heap, child + 1)->at < node_at(heap, child)->at)
            child++;
        if (child > count || node_at(heap, child)->at >= node->at)
            break;
        node_put(heap, node_at(heap, child), place);
        place = child;
    }
    node_put(heap, node, place);
}

void
heap_set(Heap *heap, HeapNode *node, int64_t at)
{
    if (node->place == 0) {
        g_ptr_array_add(heap->nodes, node);
        node->place = heap->nodes->len;
    } else if (node->at == at) {
        return;
    }
    node->at = at;
    sift_up(heap, node);
    sift_down(heap, node);
}

void
heap_remove(Heap *heap, HeapNode *node)
{
    if (node->place == 0)
        return;
    size_t place = node->place;
    HeapNode *last = node_at(heap, heap->nodes->len);
    g_ptr_array_set_size(heap->nodes, (int) heap->nodes->len - 1);
    node->place = 0;
    if (last == node)
        return;
    node_put(heap, last, place);
    sift_up(heap, last);
    sift_down(heap, last);
}

HeapNode *
heap_first(const Heap *heap)
{
    return heap->nodes->len == 0 ? NULL : node_at(heap, 1);
}
