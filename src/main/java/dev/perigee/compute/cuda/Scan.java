package dev.perigee.compute.cuda;

/** How the smallest key of a group of rows is found; what follows proves its answers whichever it was. */
enum Scan {
    /** On tensor cores, from shadows in fp16. */
    SHADOWS,
    /** In float32 from the rows as they are: on old devices, and for data that fp16 cannot hold. */
    DIRECT,
    /** In float32 from the general product of queries and rows, cuBLAS where it is: the other two are checked against it. */
    PRODUCTS
}
